"""Groups, splits and what leaks across them: no Keras and no Kedro."""

"""Groups, splits and what leaks across them: NumPy, pandas, SciPy and OpenCV alone."""

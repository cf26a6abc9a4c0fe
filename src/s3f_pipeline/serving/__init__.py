"""A bundle as a service: what strangers send is checked before it is used. No MLflow."""

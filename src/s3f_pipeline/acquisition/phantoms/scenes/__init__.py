"""What is drawn: one module per kind of image, and which of them shows a cohort."""

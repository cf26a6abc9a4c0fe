"""One cohort matched to another that shows the same pictures and knows more: NumPy, pandas, OpenCV."""

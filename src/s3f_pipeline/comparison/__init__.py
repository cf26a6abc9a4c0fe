"""Networks against one another on the same test images: differences, verdicts, cost and advice. No Keras."""

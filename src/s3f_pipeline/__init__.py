"""Train, evaluate, explain and compare networks that see medical images in space and frequency."""

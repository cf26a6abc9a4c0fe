"""One pipeline per stage; nodes are thin and call the rooms."""

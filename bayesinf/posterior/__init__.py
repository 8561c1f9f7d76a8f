"""What is now believed: draws, the closed form where there is one, and how far to trust them."""

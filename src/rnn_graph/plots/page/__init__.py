"""A trained model as one HTML file, to type in, to sample from, and to look into."""

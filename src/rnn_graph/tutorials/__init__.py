"""The classic tutorials' models, one file each."""

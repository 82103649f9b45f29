"""What a run found, for people: tables, documents, pictures, and what changed."""

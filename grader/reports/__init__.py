"""What people read: class and student pages, terminal tables, comparison, similarity."""

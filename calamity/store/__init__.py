"""What the service remembers. The only package that imports SQLModel and SQLAlchemy."""

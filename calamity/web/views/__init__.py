"""What each page shows, as plain structs: made by the handlers, read by the templates."""

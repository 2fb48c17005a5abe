"""What someone can make happen. Each function takes the session first and appends to the timeline."""

"""What someone can make happen: each takes the session first and writes to the timeline."""

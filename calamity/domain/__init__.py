"""What is true without a computer: no IO, no clock, no SQL, nothing async."""

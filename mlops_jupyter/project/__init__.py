"""The project as a whole: what joins all rooms (init, status, doctor, demo)."""

"""The inbox: live pages that show what arrived, the response to it, and why."""

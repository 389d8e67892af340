"""The inbox: pages that show what arrived, how it was answered and why, live."""

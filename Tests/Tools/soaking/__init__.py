"""The soak test: a server that is killed, or loses power, again and again while it is written to.

Reading order: server (start, kill, power loss), load (writers and followers with their records), verify (what must hold).
"""

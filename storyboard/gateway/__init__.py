"""The gateway that clips are ordered from: its wire contract, client and downloads."""

print("streamgate")

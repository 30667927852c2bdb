"""What a picture is: windows, channels and their meaning, colour."""

"""What assistants call before and after they act: their payloads in, their own words out."""

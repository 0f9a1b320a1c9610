"""Second opinions: what other tools say about the same change, as findings in our form."""

"""The nouns that travel through the rooms: frozen, typed, named by the digest of their canonical form.

Import a noun from its own module (`from clearance.facts.finding import Finding`); this package stays empty so that
a start that needs one noun does not pay for all of them.
"""

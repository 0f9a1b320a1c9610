"""HCL, the language of Terraform and OpenTofu: its text as values with places, and what Terraform means by them."""

"""A container image as a change to look at: an OCI layout, an archive of `docker save`, or a root filesystem in a folder."""

from clearance.collect.image.collected import image

__all__ = ["image"]

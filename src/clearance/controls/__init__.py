"""The control catalogues: ids of CWE and ASVS with labels of our own."""

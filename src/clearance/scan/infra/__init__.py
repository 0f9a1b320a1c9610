"""The family `infra`: Dockerfiles, Compose, Kubernetes, Terraform, pipelines, nginx, systemd, as what they configure."""

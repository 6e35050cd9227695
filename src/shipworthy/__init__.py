"""shipworthy: the production-readiness coach for AI-built apps."""

__version__ = "0.1.0"

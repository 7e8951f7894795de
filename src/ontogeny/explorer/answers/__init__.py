"""The shapes of everything the API answers: typed, and the source of its OpenAPI description."""

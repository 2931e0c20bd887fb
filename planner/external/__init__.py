"""Runs on clusters of people's own: asked for with a secret that is sealed and soon forgotten, confirmed in words, shown."""

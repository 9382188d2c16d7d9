"""Acts on logins, credentials, invitations and the founding of an installation."""

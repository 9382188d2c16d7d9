"""Acts on logins, credentials, invitations and the import of enterprises."""

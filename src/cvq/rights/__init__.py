"""What people may use: passes, carnets, quotas, and the groups that open doors."""

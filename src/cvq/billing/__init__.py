"""What was charged, to whom and why; how a debt is paid, oldest charge first."""

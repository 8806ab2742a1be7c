"""The pools: who went in and out, what each entry ran on, how many are inside."""

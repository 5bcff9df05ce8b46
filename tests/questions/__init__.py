"""What analysts and journalists ask: the right number through what is documented, never a wrong one."""

// Ports of a test file's own, for what cannot be given port 0: below those that the kernel gives out itself (ip_local_port_range begins
// at 32,768), or a connection of any other test takes one now and then.

/** This one and the next are this process's; other processes of a run have others. */
export const OWN_PORT = 20_000 + 2 * (process.pid % 6_000);

// The text of /etc/ssh/sshd_config of the bastion. Passwords are asked for only so that who tries them is logged: DenyUsers
// names everybody, so no account gets in by this file. Pure.
import type { PlannedHost } from "../plan/types.ts";

export const SSHD = {
  config: "/etc/ssh/sshd_config",
  hostKey: "/etc/ssh/ssh_host_ecdsa_key",
} as const;

export function sshdConfig(host: PlannedHost): string {
  const { v4, v6 } = host.server!.address;
  return `Port 22
ListenAddress ${v4}
ListenAddress [${v6}]
HostKey ${SSHD.hostKey}
PidFile none
UsePAM no
PasswordAuthentication yes
KbdInteractiveAuthentication no
PubkeyAuthentication no
PermitRootLogin no
DenyUsers *
MaxAuthTries 3
MaxStartups 100:30:200
LoginGraceTime 20
UseDNS no
X11Forwarding no
AllowTcpForwarding no
LogLevel VERBOSE
SyslogFacility AUTH
`;
}

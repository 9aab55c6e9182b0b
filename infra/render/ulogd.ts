// The text of /etc/ulogd.conf: what a border's firewall refuses (nftables.ts, NFLOG), a line a packet. Pure.
import { REFUSED_LOG } from "../plan/targets.ts";
import { LOG_GROUP } from "./nftables.ts";

export const ULOGD = { config: "/etc/ulogd.conf" } as const;

export const ulogdConfig = (): string => `[global]
logfile="stdout"
loglevel=5
stack=log1:NFLOG,base1:BASE,ifi1:IFINDEX,ip2str1:IP2STR,print1:PRINTPKT,emu1:LOGEMU
[log1]
group=${LOG_GROUP}
netlink_socket_buffer_size=131072
netlink_socket_buffer_maxsize=1048576
[emu1]
file="${REFUSED_LOG}"
sync=1
`;

// A row of datagrams and when their answers came: by one socket, since what is measured is the way and not the making of sockets.
import { createSocket } from "node:dgram";
import { isIPv6 } from "node:net";
import type { Endpoint, Failed, World } from "../check.ts";
import { deadline, failed } from "./connect.ts";

/** See World.burstUdp. */
export const burstUdp: World["burstUdp"] = (to: Endpoint, queries, indexOf, gapMs, timeoutMs) =>
  new Promise<{ ok: true; tookMs: (number | undefined)[] } | Failed>((resolve) => {
    const socket = createSocket(isIPv6(to.address) ? "udp6" : "udp4");
    const sentAt: number[] = [];
    const tookMs: (number | undefined)[] = queries.map(() => undefined);
    let left = queries.length;
    let timer: NodeJS.Timeout | undefined;
    let stop = () => {};
    const done = (result: { ok: true; tookMs: (number | undefined)[] } | Failed) => {
      clearTimeout(timer);
      stop();
      stop = () => {};
      socket.close();
      resolve(result);
    };
    const sendNext = () => {
      const i = sentAt.length;
      sentAt.push(performance.now());
      // What cannot leave is lost: too large for the way that is known (EMSGSIZE), or no way just now.
      socket.send(queries[i]!, () => {});
      if (i + 1 < queries.length) timer = setTimeout(sendNext, gapMs);
      else stop = deadline(timeoutMs, () => done({ ok: true, tookMs }));
    };
    socket.on("error", (error) => done(failed(error)));
    socket.on("message", (answer) => {
      const at = performance.now();
      const i = indexOf(answer);
      if (i === undefined || sentAt[i] === undefined || tookMs[i] !== undefined) return;
      tookMs[i] = at - sentAt[i];
      if (--left === 0) done({ ok: true, tookMs });
    });
    socket.connect(to.port, to.address, (error?: Error) => {
      if (error) done(failed(error));
      else sendNext();
    });
  });

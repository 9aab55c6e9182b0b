// The provider's process: serves the engine on a loopback port of its own, prints the port, and goes when the engine goes.
import { Server, ServerCredentials } from "@grpc/grpc-js";
import grpcService from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import { labService } from "./service.ts";

// Daemons run as accounts of their own: what is kept from whom is said file by file, not by the umask of whoever ran the command.
process.umask(0o022);
const server = new Server({ "grpc.max_receive_message_length": 400 * 1024 * 1024, "grpc.max_send_message_length": -1 });
server.addService(grpcService.ResourceProviderService, labService());
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  process.stdout.write(`${port}\n`);
});

// An engine that was killed tells nobody. Its child is then given another parent: nothing would ever end this process.
const engine = process.ppid;
setInterval(() => {
  if (process.ppid !== engine) process.exit(0);
}, 500).unref();

// Sends one mail to a server by its address and prints what became of it: `accepted`, or the server's refusal. Run inside a host's
// network: address, from, to, subject.
import { createTransport } from "nodemailer";

const [host, from, to, subject] = process.argv.slice(2) as [string, string, string, string];
const transport = createTransport({
  host,
  port: 25,
  requireTLS: true,
  // Who vouches for the server is another question, which posttls-finger asks.
  tls: { rejectUnauthorized: false },
  name: "mail.example.vn",
});
try {
  await transport.sendMail({ from, to, subject, text: "-" });
  process.stdout.write("accepted");
} catch (error) {
  const { response, message } = error as Error & { response?: string };
  process.stdout.write(response ?? message);
}
transport.close();

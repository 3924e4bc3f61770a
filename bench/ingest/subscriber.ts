/** The one QoS 1 subscriber of mosquitto: takes every message and acknowledges it. */
import { connect } from 'node:tls';
import mqttPacket from 'mqtt-packet';
import { HOST, answer, type Identity } from './plan.ts';

let delivered = 0;

answer({
  start: ({ port, ca, identity }: { readonly port: number; readonly ca: string; readonly identity: Identity }) =>
    new Promise<void>((resolve, reject) => {
      const socket = connect({ host: HOST, port, ca, key: identity.key, cert: identity.cert });
      socket.setNoDelay(true);
      const parser = mqttPacket.parser();
      socket.on('error', reject);
      socket.on('secureConnect', () =>
        // A session that outlives the connection: otherwise there would be nothing to persist.
        socket.write(
          mqttPacket.generate({
            cmd: 'connect',
            clientId: identity.id,
            protocolVersion: 4,
            clean: false,
            keepalive: 0,
          }),
        ),
      );
      socket.on('data', (bytes: Buffer) => {
        socket.cork();
        parser.parse(bytes);
        socket.uncork();
      });
      parser.on('packet', (packet) => {
        if (packet.cmd === 'connack')
          socket.write(
            mqttPacket.generate({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'cw/v1/+/obs', qos: 1 }] }),
          );
        else if (packet.cmd === 'suback') resolve();
        else if (packet.cmd === 'publish') {
          delivered++;
          if (packet.messageId !== undefined)
            socket.write(mqttPacket.generate({ cmd: 'puback', messageId: packet.messageId }));
        }
      });
    }),
  delivered: () => delivered,
});

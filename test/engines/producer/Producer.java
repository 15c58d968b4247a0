import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.Properties;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Sends the lines of its input as one batch with Kafka's own client: Producer BROKER TOPIC CODEC. An empty line is sent as
 * null. Each has a header without a value, and one that stands there twice.
 */
public class Producer {
  public static void main(String[] args) throws Exception {
    Properties settings = new Properties();
    settings.put("bootstrap.servers", args[0]);
    settings.put("compression.type", args[2]);
    settings.put("linger.ms", "2000");
    settings.put("batch.size", "1000000");
    StringSerializer text = new StringSerializer();
    try (KafkaProducer<String, String> producer = new KafkaProducer<>(settings, text, text)) {
      BufferedReader in = new BufferedReader(new InputStreamReader(System.in, "UTF-8"));
      for (String line; (line = in.readLine()) != null; ) {
        ProducerRecord<String, String> record = new ProducerRecord<>(args[1], 0, null, line.isEmpty() ? null : line);
        record.headers().add("traceparent", null);
        record.headers().add("list", "a".getBytes());
        record.headers().add("list", "b".getBytes());
        producer.send(record);
      }
    }
  }
}

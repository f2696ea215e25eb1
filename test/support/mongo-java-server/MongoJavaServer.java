import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import java.util.List;

/** mongo-java-server in memory, on a port of the loopback: run as `java -cp 'JARS/*' MongoJavaServer.java PORT`. */
public class MongoJavaServer {
	/** The oldest version whose protocol the driver speaks; the server's own newest says that it is older. */
	private static final MongoVersion VERSION = new MongoVersion() {
		@Override
		public List<Integer> getVersionArray() {
			return List.of(4, 4, 0);
		}

		@Override
		public int getWireVersion() {
			return 9;
		}
	};

	public static void main(String[] arguments) {
		MongoServer server = new MongoServer(new MemoryBackend().version(VERSION));
		server.bind("127.0.0.1", Integer.parseInt(arguments[0]));
	}
}

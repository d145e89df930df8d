import CMariaDB
import UnstickSQL

/// A statement that is prepared on one connection.
final class MySQLPrepared {
    private let statement: UnsafeMutablePointer<MYSQL_STMT>
    private let handle: MySQLHandle

    init(_ sql: String, on handle: MySQLHandle, before deadline: ContinuousClock.Instant) throws(MySQLError) {
        guard let statement = mysql_stmt_init(handle.pointer) else { throw .lost("out of memory") }
        (self.statement, self.handle) = (statement, handle)
        // The longest value of each column is known before the rows are read.
        _ = withUnsafePointer(to: 1 as my_bool) { mysql_stmt_attr_set(statement, STMT_ATTR_UPDATE_MAX_LENGTH, $0) }
        let length = UInt(sql.utf8.count)
        let code = sql.withCString { text in
            handle.finish(
                before: deadline,
                { mysql_stmt_prepare_start(&$0, statement, text, length) },
                { mysql_stmt_prepare_cont(&$0, statement, $1) }
            )
        }
        guard code == 0 else { throw self.failure }
    }

    deinit { mysql_stmt_close(self.statement) }

    /// Runs it with the values of its placeholders, in their order.
    ///
    /// - Parameter onKey: how it handles rows whose key exists, if it adds some.
    func run(
        _ values: [SQLValue],
        onKey: MySQLSpelling.OnKey? = nil,
        before deadline: ContinuousClock.Instant
    ) throws(MySQLError) -> MySQLResult {
        try self.execute(values, before: deadline)
        guard mysql_stmt_field_count(self.statement) > 0 else {
            if onKey == .keep { try self.handle.checkOnlyKeysRepeat(before: deadline) }
            return MySQLResult(affected: self.affected(onKey))
        }
        return try self.rows(before: deadline)
    }

    /// Runs it and passes on each row as it arrives from the server.
    func scan(
        _ values: [SQLValue],
        before deadline: ContinuousClock.Instant,
        _ use: (any StoredRow) -> Void
    ) throws(MySQLError) {
        try self.execute(values, before: deadline)
        defer { mysql_stmt_free_result(self.statement) }
        let buffers = ColumnBuffers(self.columns)
        try self.bind(buffers)
        while true {
            let code = self.handle.finish(
                before: deadline,
                { mysql_stmt_fetch_start(&$0, self.statement) },
                { mysql_stmt_fetch_cont(&$0, self.statement, $1) }
            )
            switch code {
            case 0: break
            case MYSQL_DATA_TRUNCATED:
                buffers.grow { mysql_stmt_fetch_column(self.statement, $0, $1, 0) }
                try self.bind(buffers)
            case MYSQL_NO_DATA: return
            default: throw self.failure
            }
            buffers.takeRow()
            use(buffers.takeRows().row(at: 0))
        }
    }

    private func execute(_ values: [SQLValue], before deadline: ContinuousClock.Instant) throws(MySQLError) {
        let parameters = BoundValues(values)
        guard values.isEmpty || mysql_stmt_bind_param(self.statement, parameters.binds.baseAddress) == 0 else {
            throw self.failure
        }
        let code = self.handle.finish(
            before: deadline,
            { mysql_stmt_execute_start(&$0, self.statement) },
            { mysql_stmt_execute_cont(&$0, self.statement, $1) }
        )
        guard code == 0 else { throw self.failure }
    }

    /// A row that is updated instead of inserted counts as two; "Records: 3" is the number of rows.
    private func affected(_ onKey: MySQLSpelling.OnKey?) -> Int {
        let affected = Int(truncatingIfNeeded: mysql_stmt_affected_rows(self.statement))
        guard onKey == .change else { return affected }
        let info = mysql_info(self.handle.pointer).map { String(cString: $0) }
        return info?.firstMatch(of: /Records: (\d+)/).flatMap { Int($0.output.1) } ?? min(affected, 1)
    }

    private func rows(before deadline: ContinuousClock.Instant) throws(MySQLError) -> MySQLResult {
        let code = self.handle.finish(
            before: deadline,
            { mysql_stmt_store_result_start(&$0, self.statement) },
            { mysql_stmt_store_result_cont(&$0, self.statement, $1) }
        )
        guard code == 0 else { throw self.failure }
        defer { mysql_stmt_free_result(self.statement) }
        let buffers = ColumnBuffers(self.columns)
        try self.bind(buffers)
        while true {
            switch mysql_stmt_fetch(self.statement) {
            case 0: buffers.takeRow()
            case MYSQL_NO_DATA: return buffers.takeRows()
            default: throw self.failure
            }
        }
    }

    private var columns: [MySQLResult.Column] {
        UnsafeBufferPointer(
            start: mariadb_stmt_fetch_fields(self.statement),
            count: Int(mysql_stmt_field_count(self.statement))
        ).map { MySQLResult.Column($0) }
    }

    private func bind(_ buffers: ColumnBuffers) throws(MySQLError) {
        guard mysql_stmt_bind_result(self.statement, buffers.binds.baseAddress) == 0 else { throw self.failure }
    }

    private var failure: MySQLError {
        MySQLError(
            code: Int(mysql_stmt_errno(self.statement)),
            sqlState: String(cString: mysql_stmt_sqlstate(self.statement)),
            message: String(cString: mysql_stmt_error(self.statement))
        )
    }
}

extension SQLValue {
    /// How many bytes it has on its way to the server, at most.
    var sentBytes: Int {
        switch self {
        case .null: 1
        case .integer, .flag: 8
        // With their length.
        case .text(let text): text.utf8.count + 9
        case .bytes(let bytes): bytes.count + 9
        }
    }
}

/// The values of one run of a statement, as libmariadb reads them.
private final class BoundValues {
    let binds: UnsafeMutableBufferPointer<MYSQL_BIND>

    init(_ values: [SQLValue]) {
        self.binds = .allocate(capacity: values.count)
        for (index, value) in values.enumerated() {
            self.binds.initializeElement(at: index, to: Self.bound(value))
        }
    }

    deinit {
        for bind in self.binds { bind.buffer?.deallocate() }
        self.binds.deallocate()
    }

    private static func bound(_ value: SQLValue) -> MYSQL_BIND {
        switch value {
        case .null:
            var bind = MYSQL_BIND()
            bind.buffer_type = MYSQL_TYPE_NULL
            return bind
        case .integer(let integer): return self.number(Int64(integer))
        case .flag(let flag): return self.number(flag ? 1 : 0)
        case .text(var text): return text.withUTF8 { self.copy(UnsafeRawBufferPointer($0), as: MYSQL_TYPE_STRING) }
        case .bytes(let bytes): return bytes.withUnsafeBytes { self.copy($0, as: MYSQL_TYPE_BLOB) }
        }
    }

    private static func number(_ integer: Int64) -> MYSQL_BIND {
        withUnsafeBytes(of: integer) { self.copy($0, as: MYSQL_TYPE_LONGLONG) }
    }

    private static func copy(_ bytes: UnsafeRawBufferPointer, as type: enum_field_types) -> MYSQL_BIND {
        var bind = MYSQL_BIND()
        bind.buffer_type = type
        bind.buffer_length = UInt(bytes.count)
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(bytes.count, 1), alignment: 8)
        copy.copyMemory(from: bytes)
        bind.buffer = copy.baseAddress
        return bind
    }
}

/// The buffers that libmariadb fills with a row, and the stored rows.
private final class ColumnBuffers {
    let binds: UnsafeMutableBufferPointer<MYSQL_BIND>
    private let columns: [MySQLResult.Column]
    private let lengths: UnsafeMutableBufferPointer<UInt>
    private let areNull: UnsafeMutableBufferPointer<my_bool>
    private var cells: [MySQLResult.Cell] = []
    private var bytes: [UInt8] = []

    /// Enough for a number, and for most texts of rows that are not stored.
    private static let least = 64

    init(_ columns: [MySQLResult.Column]) {
        self.columns = columns
        self.binds = .allocate(capacity: columns.count)
        self.lengths = .allocate(capacity: columns.count)
        self.areNull = .allocate(capacity: columns.count)
        self.lengths.initialize(repeating: 0)
        self.areNull.initialize(repeating: 0)
        for (index, column) in columns.enumerated() {
            var bind = MYSQL_BIND()
            switch column.kind {
            case .integer, .unsigned: bind.buffer_type = MYSQL_TYPE_LONGLONG
            case .number: bind.buffer_type = MYSQL_TYPE_DOUBLE
            case .bytes, .bits: bind.buffer_type = MYSQL_TYPE_BLOB
            }
            bind.is_unsigned = column.kind == .unsigned ? 1 : 0
            bind.buffer_length = UInt(max(column.longest, Self.least))
            bind.buffer = .allocate(byteCount: Int(bind.buffer_length), alignment: 8)
            bind.length = self.lengths.baseAddress?.advanced(by: index)
            bind.is_null = self.areNull.baseAddress?.advanced(by: index)
            self.binds.initializeElement(at: index, to: bind)
        }
    }

    deinit {
        for bind in self.binds { bind.buffer.deallocate() }
        self.binds.deallocate()
        self.lengths.deallocate()
        self.areNull.deallocate()
    }

    /// Enlarges buffers that were too small, and reads the values again.
    func grow(_ read: (UnsafeMutablePointer<MYSQL_BIND>, UInt32) -> Int32) {
        for index in self.columns.indices where self.lengths[index] > self.binds[index].buffer_length {
            self.binds[index].buffer?.deallocate()
            self.binds[index].buffer_length = self.lengths[index]
            self.binds[index].buffer = .allocate(byteCount: Int(self.lengths[index]), alignment: 8)
            if let bind = self.binds.baseAddress?.advanced(by: index) { _ = read(bind, UInt32(index)) }
        }
    }

    /// Returns the stored rows and removes them.
    func takeRows() -> MySQLResult {
        defer { (self.cells, self.bytes) = ([], []) }
        return MySQLResult(columns: self.columns, cells: self.cells, bytes: self.bytes)
    }

    /// Stores the current row.
    func takeRow() {
        for (index, column) in self.columns.enumerated() {
            guard self.areNull[index] == 0, let buffer = self.binds[index].buffer else {
                self.cells.append(.init(bits: 0, length: -1))
                continue
            }
            if column.kind == .bytes || column.kind == .bits {
                let length = Int(self.lengths[index])
                self.cells.append(.init(bits: Int64(self.bytes.count), length: length))
                self.bytes.append(contentsOf: UnsafeRawBufferPointer(start: buffer, count: length))
            } else {
                self.cells.append(.init(bits: buffer.load(as: Int64.self), length: 8))
            }
        }
    }
}

// The device's side of tinyrob's framed protocol: 0x00 COBS(header body CRC-32) 0x00, for one
// network. It answers HELLO, INFER, STATS and CHECK; a request that arrived damaged is never run.
// Two memories hold a request's input and an answer, so a frame is whole before it counts.
module board_server #(
    parameter IN_COUNT = 64, IN_LANES = 1, IN_BITS = 8, IN_ZERO = 0,
    parameter OUT_COUNT = 10, OUT_LANES = 10, OUT_BITS = 8, OUT_SIGNED = 1, OUT_ZERO = 0,
    parameter [127:0] DIGEST = 128'd0, // its first byte in the lowest bits
    parameter [31:0] IMAGE = 32'd0     // the CRC-32 of the Verilog
) (
    input wire clk, input wire rst,
    input wire got, input wire [7:0] byte_in,
    output reg give, output reg [7:0] byte_out, input wire taken,
    output wire in_valid, input wire in_ready, output wire [IN_LANES*IN_BITS-1:0] in_data,
    input wire out_valid, output wire out_ready, input wire [OUT_LANES*OUT_BITS-1:0] out_data,
    output wire idle
);
    localparam HEAD = 12, FRAME = HEAD + 4, TALLY = 8;
    localparam HELLO_BYTES = 48, STATS_BYTES = 16, CHECK_BYTES = 20;
    localparam INFER_BYTES = TALLY + OUT_COUNT;
    localparam [7:0] HELLO = 8'd1, INFER = 8'd2, STATS = 8'd5, CHECK = 8'd8;
    localparam [7:0] OK = 8'd0, DAMAGED = 8'd1, UNKNOWN = 8'd2, BAD_LENGTH = 8'd3, WRONG_MODEL = 8'd4;
    localparam [31:0] RESIDUE = 32'hdebb20e3, ONES = 32'hffffffff;
    localparam [31:0] INPUTS = IN_COUNT, OUTPUTS = OUT_COUNT, VERSION = 3, CYCLES = 2;
    // Bytes of the longest request; longer ones are counted to no end.
    localparam RB = $clog2(FRAME + (IN_COUNT > 4 ? IN_COUNT : 4) + 2), IB = IN_COUNT > 1 ? $clog2(IN_COUNT) : 1;
    localparam LONGEST = FRAME + (HELLO_BYTES > INFER_BYTES ? HELLO_BYTES : INFER_BYTES);
    localparam AB = $clog2(LONGEST + 1), OB = $clog2(OUT_COUNT + 1);

    // ---- what comes ----
    reg [7:0] left;     // bytes until the next code byte
    reg zero, empty;    // a zero stands between this block and the next; nothing has come yet
    reg skip;           // the rest of a frame that came while there was no ear for it
    reg [RB-1:0] count; // bytes decoded
    reg over;
    reg [95:0] header;
    reg [31:0] crc;
    wire listening = idle && !skip;
    wire coded = left == 8'd0;
    wire store = got && listening && byte_in != 8'd0 && (!coded || zero);
    wire [7:0] value = coded ? 8'd0 : byte_in;
    wire [31:0] crc_next;
    board_crc crc_in (.crc(crc), .data(value), .next(crc_next));
    wire [31:0] sized = {{(32 - RB){1'b0}}, count}, length = header[95:64];
    wire whole = coded && !over && sized >= FRAME && sized - FRAME == length && crc == RESIDUE;
    wire ended = got && listening && byte_in == 8'd0 && !empty;

    reg [7:0] request [0:IN_COUNT-1];
    wire in_body = sized >= HEAD && sized < HEAD + IN_COUNT;
    wire [IB-1:0] place = count[IB-1:0] - HEAD[IB-1:0];
    always @(posedge clk) if (store && in_body) request[place] <= value;

    always @(posedge clk)
        if (rst || ended || !idle) begin
            left <= 8'd0; zero <= 1'b0; empty <= 1'b1; count <= 0; over <= 1'b0; crc <= ONES;
            if (rst) skip <= 1'b0;
            else if (!idle && got) skip <= byte_in != 8'd0;
        end else if (got) begin
            if (byte_in == 8'd0) skip <= 1'b0;
            else if (!skip) begin
                empty <= 1'b0;
                if (coded) begin
                    left <= byte_in - 8'd1; zero <= byte_in != 8'hff;
                end else left <= left - 8'd1;
                if (store) begin
                    crc <= crc_next;
                    if (&count) over <= 1'b1;
                    else count <= count + 1'b1;
                end
            end
        end
    always @(posedge clk) if (store && sized < HEAD) header <= {value, header[95:8]};

    // ---- what is to be said ----
    localparam [3:0] IDLE = 0, RUN = 1, FILL = 2, SUM = 3, ADD = 4, SEAL = 5, MARK = 6, SCAN = 7,
        LOOK = 8, CODE = 9, FETCH = 10, BODY = 11, LAST = 12;
    reg [3:0] state;
    assign idle = state == IDLE;
    reg [7:0] kind, code;
    reg [31:0] number, inferences, cycles;
    wire [7:0] asked = header[7:0];
    wire known = asked == HELLO || asked == INFER || asked == STATS || asked == CHECK;
    wire fits = length == (asked == INFER ? INPUTS : 32'd0);
    wire ours = asked == HELLO || header[31:16] == DIGEST[15:0];
    wire [7:0] verdict =
        !whole ? DAMAGED : !known ? UNKNOWN : !fits ? BAD_LENGTH : !ours ? WRONG_MODEL : OK;

    reg [AB-1:0] body; // bytes
    wire [AB-1:0] bytes = body + HEAD[AB-1:0];
    reg [AB-1:0] at, start;
    reg [7:0] run;
    wire [31:0] body_wide = {{(32 - AB){1'b0}}, body};
    wire [95:0] head = {body_wide, number, DIGEST[15:0], code, kind | 8'h80};
    wire [8*HELLO_BYTES-1:0] hello =
        {DIGEST, IMAGE, CYCLES, 32'd0, 32'd0, 32'd0, OUTPUTS, INPUTS, VERSION};
    wire [8*STATS_BYTES-1:0] stats = {inferences, CYCLES, 32'd0, 32'd0};
    wire [8*CHECK_BYTES-1:0] check = {64'd0, 32'd0, IMAGE, IMAGE};
    wire [63:0] tally = {32'd0, cycles};
    wire [31:0] index = {{(32 - AB){1'b0}}, at};
    wire [5:0] inner = index[5:0] - HEAD[5:0];
    reg [7:0] filled;
    always @*
        if (index < HEAD) filled = head[{index[3:0], 3'd0} +: 8];
        else case (kind)
            HELLO: filled = hello[{inner, 3'd0} +: 8];
            STATS: filled = stats[{inner[3:0], 3'd0} +: 8];
            CHECK: filled = check[{inner[4:0], 3'd0} +: 8];
            default: filled = tally[{inner[2:0], 3'd0} +: 8];
        endcase
    wire [AB-1:0] fixed = HEAD[AB-1:0] + (kind == INFER && code == OK ? TALLY[AB-1:0] : body);

    // The network's results go into the answer, behind its header and its count.
    wire put, last, fetch;
    wire [OB-1:0] to;
    wire [IB-1:0] from;
    wire [7:0] result;
    reg [7:0] read;
    always @(posedge clk) if (fetch) read <= request[from];
    board_stream #(
        .IN_COUNT(IN_COUNT), .IN_LANES(IN_LANES), .IN_BITS(IN_BITS), .IN_ZERO(IN_ZERO),
        .OUT_COUNT(OUT_COUNT), .OUT_LANES(OUT_LANES), .OUT_BITS(OUT_BITS),
        .OUT_SIGNED(OUT_SIGNED), .OUT_ZERO(OUT_ZERO), .IB(IB), .OB(OB)
    ) stream (.clk(clk), .rst(rst), .run(state == RUN),
        .fetch(fetch), .from(from), .read(read), .put(put), .to(to), .result(result), .last(last),
        .in_valid(in_valid), .in_ready(in_ready), .in_data(in_data),
        .out_valid(out_valid), .out_ready(out_ready), .out_data(out_data));

    reg [7:0] answer [0:(1<<AB)-1];
    reg [7:0] heard;
    wire write = put || state == FILL || state == SEAL;
    wire [AB-1:0] behind = {{(AB - OB){1'b0}}, to} + HEAD[AB-1:0] + TALLY[AB-1:0];
    wire [AB-1:0] where = put ? behind : at;
    wire [7:0] written = put ? result : state == FILL ? filled : ~crc_out[7:0];
    always @(posedge clk) begin
        if (write) answer[where] <= written;
        heard <= answer[at];
    end

    reg [31:0] crc_out;
    wire [31:0] crc_more;
    board_crc crc_of (.crc(crc_out), .data(heard), .next(crc_more));
    reg [2:0] seals;
    wire [AB-1:0] total = bytes + 4;
    wire at_end = at == total;
    reg more; // whether another block follows this one

    always @(posedge clk) begin
        if (rst) begin
            state <= IDLE; give <= 1'b0; inferences <= 32'd0;
        end else case (state)
            IDLE: if (ended) begin
                kind <= whole ? asked : 8'd0;
                code <= verdict;
                number <= whole ? header[63:32] : 32'd0;
                body <= verdict != OK ? 0 : asked == HELLO ? HELLO_BYTES[AB-1:0]
                    : asked == STATS ? STATS_BYTES[AB-1:0]
                    : asked == CHECK ? CHECK_BYTES[AB-1:0] : INFER_BYTES[AB-1:0];
                state <= verdict == OK && asked == INFER ? RUN : FILL;
                at <= 0; cycles <= 32'd0;
            end
            RUN: begin
                cycles <= cycles + 32'd1;
                if (put && last) begin
                    state <= FILL; inferences <= inferences + 32'd1;
                end
            end
            FILL: begin
                at <= at + 1'b1;
                if (at + 1'b1 == fixed) begin
                    at <= 0; crc_out <= ONES; state <= SUM;
                end
            end
            SUM: state <= ADD; // the memory takes a cycle
            ADD: begin
                crc_out <= crc_more; at <= at + 1'b1; seals <= 3'd0;
                state <= at + 1'b1 == bytes ? SEAL : SUM;
            end
            SEAL: begin
                crc_out <= crc_out >> 8; at <= at + 1'b1; seals <= seals + 3'd1;
                if (seals == 3'd3) begin
                    state <= MARK; give <= 1'b1; byte_out <= 8'd0;
                end
            end
            MARK: if (taken) begin
                give <= 1'b0; at <= 0; start <= 0; run <= 8'd0; state <= SCAN;
            end
            SCAN: state <= LOOK;
            LOOK: // how many bytes until a zero, 254 of them, or the end
                if (run == 8'd254 || at_end || heard == 8'd0) begin
                    more <= run == 8'd254 || !at_end;
                    at <= start; state <= CODE; give <= 1'b1; byte_out <= run + 8'd1;
                    // Behind a block that a zero ends, that zero is not sent.
                    start <= at + (run == 8'd254 || at_end ? 0 : 1);
                end else begin
                    at <= at + 1'b1; run <= run + 8'd1; state <= SCAN;
                end
            CODE: if (taken) begin
                give <= 1'b0; state <= FETCH;
            end
            FETCH:
                if (run != 8'd0) state <= BODY;
                else if (more) begin
                    at <= start; state <= SCAN;
                end else begin
                    state <= LAST; give <= 1'b1; byte_out <= 8'd0;
                end
            BODY:
                if (!give) begin
                    give <= 1'b1; byte_out <= heard;
                end else if (taken) begin
                    give <= 1'b0; at <= at + 1'b1; run <= run - 8'd1; state <= FETCH;
                end
            LAST: if (taken) begin
                give <= 1'b0; state <= IDLE;
            end
            default: state <= IDLE;
        endcase
    end
    wire unused = &{1'b0, header[15:8]};
endmodule

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
    localparam AB = $clog2(LONGEST + 1);

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

    // The network's results come beat by beat, and go into the answer value by value.
    localparam LB = $clog2(OUT_LANES + 1);
    reg [OUT_LANES*OUT_BITS-1:0] beat;
    reg [LB-1:0] lanes;
    reg [AB-1:0] done;
    wire [31:0] done_wide = {{(32 - AB){1'b0}}, done};
    assign out_ready = state == RUN && lanes == 0;
    wire [OUT_BITS-1:0] low = beat[OUT_BITS-1:0];
    wire sign = OUT_SIGNED != 0 && low[OUT_BITS-1];
    wire [8:0] extended = {{(9 - OUT_BITS){sign}}, low};
    localparam [31:0] OUT_OFFSET = OUT_ZERO;
    wire [7:0] result = extended[7:0] + OUT_OFFSET[7:0];
    wire drop = state == RUN && lanes != 0;

    reg [7:0] answer [0:(1<<AB)-1];
    reg [7:0] heard;
    wire write = drop || state == FILL || state == SEAL;
    wire [AB-1:0] where = drop ? HEAD[AB-1:0] + TALLY[AB-1:0] + done : at;
    wire [7:0] written = drop ? result : state == FILL ? filled : ~crc_out[7:0];
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
            state <= IDLE; give <= 1'b0; inferences <= 32'd0; lanes <= 0;
        end else case (state)
            IDLE: if (ended) begin
                kind <= whole ? asked : 8'd0;
                code <= verdict;
                number <= whole ? header[63:32] : 32'd0;
                body <= verdict != OK ? 0 : asked == HELLO ? HELLO_BYTES[AB-1:0]
                    : asked == STATS ? STATS_BYTES[AB-1:0]
                    : asked == CHECK ? CHECK_BYTES[AB-1:0] : INFER_BYTES[AB-1:0];
                state <= verdict == OK && asked == INFER ? RUN : FILL;
                at <= 0; done <= 0; cycles <= 32'd0;
            end
            RUN: begin
                cycles <= cycles + 32'd1;
                if (drop) begin
                    beat <= beat >> OUT_BITS; lanes <= lanes - 1'b1; done <= done + 1'b1;
                    if (done_wide == OUT_COUNT - 1) begin
                        state <= FILL; inferences <= inferences + 32'd1;
                    end
                end else if (out_valid) begin
                    beat <= out_data; lanes <= OUT_LANES[LB-1:0];
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

    // ---- the input, value by value, as beats ----
    localparam FB = $clog2(IN_COUNT + 1), NB = $clog2(IN_LANES + 1);
    localparam [31:0] IN_OFFSET = IN_ZERO;
    reg [FB-1:0] next;
    reg have, full;
    reg [7:0] read;
    reg [NB-1:0] lane;
    reg [IN_LANES*IN_BITS-1:0] gathered;
    wire take = have && (!full || in_ready);
    wire fetch = !have || take;
    wire last_lane = {{(32 - NB){1'b0}}, lane} == IN_LANES - 1;
    wire [31:0] fetched = {{(32 - FB){1'b0}}, next};
    wire [IN_BITS-1:0] moved = read[IN_BITS-1:0] - IN_OFFSET[IN_BITS-1:0];
    wire [(IN_LANES+1)*IN_BITS-1:0] joined = {moved, gathered};
    assign in_valid = full;
    assign in_data = gathered;
    wire unused = &{1'b0, read, extended[8], joined[IN_BITS-1:0], header[15:8]};
    always @(posedge clk) if (fetch) read <= request[next[IB-1:0]];
    always @(posedge clk)
        if (rst || state != RUN) begin
            next <= 0; have <= 1'b0; full <= 1'b0; lane <= 0;
        end else begin
            if (fetch) begin
                have <= fetched < IN_COUNT;
                if (fetched < IN_COUNT) next <= next + 1'b1;
            end
            if (take) begin
                gathered <= joined[(IN_LANES+1)*IN_BITS-1:IN_BITS];
                lane <= last_lane ? 0 : lane + 1'b1;
                full <= last_lane;
            end else if (in_ready) full <= 1'b0;
        end
endmodule

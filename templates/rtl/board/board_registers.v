// A network as a peripheral on a Wishbone bus (classic, 32 bits, words addressed): registers, and a
// window each for its input and its output, whose bytes are int8 values, the first in the lowest.
//   word 0  the first four bytes of the model's digest      word 3  bytes of an input
//   word 1  written: bit 0 starts; read: busy, done         word 4  bytes of an output
//   word 2  cycles of the last inference                    word 5  inferences
//   words from 1 << WINDOW on: the input (write only); from 2 << WINDOW on: the output
module board_registers #(
    parameter IN_COUNT = 64, IN_LANES = 1, IN_BITS = 8, IN_ZERO = 0,
    parameter OUT_COUNT = 10, OUT_LANES = 10, OUT_BITS = 8, OUT_SIGNED = 1, OUT_ZERO = 0,
    parameter WINDOW = 4, // 1 << WINDOW words hold an input, and an output
    parameter [31:0] DIGEST = 32'd0
) (
    input wire clk, input wire rst,
    input wire wb_cyc, input wire wb_stb, input wire wb_we, input wire [3:0] wb_sel,
    input wire [WINDOW+1:0] wb_adr, input wire [31:0] wb_dat_w,
    output reg [31:0] wb_dat_r, output reg wb_ack, output wire irq,
    output wire in_valid, input wire in_ready, output wire [IN_LANES*IN_BITS-1:0] in_data,
    input wire out_valid, output wire out_ready, input wire [OUT_LANES*OUT_BITS-1:0] out_data
);
    localparam IB = WINDOW + 2, OB = WINDOW + 3; // bytes, and one count more
    localparam [31:0] INPUTS = IN_COUNT, OUTPUTS = OUT_COUNT;
    reg busy, done;
    reg [31:0] cycles, inferences;
    assign irq = done;

    wire put, last, fetch;
    wire [OB-1:0] to;
    wire [IB-1:0] from;
    wire [7:0] result;
    reg [1:0] lane;
    reg [31:0] word;
    board_stream #(
        .IN_COUNT(IN_COUNT), .IN_LANES(IN_LANES), .IN_BITS(IN_BITS), .IN_ZERO(IN_ZERO),
        .OUT_COUNT(OUT_COUNT), .OUT_LANES(OUT_LANES), .OUT_BITS(OUT_BITS),
        .OUT_SIGNED(OUT_SIGNED), .OUT_ZERO(OUT_ZERO), .IB(IB), .OB(OB)
    ) stream (.clk(clk), .rst(rst), .run(busy),
        .fetch(fetch), .from(from), .read(word[{lane, 3'd0} +: 8]),
        .put(put), .to(to), .result(result), .last(last),
        .in_valid(in_valid), .in_ready(in_ready), .in_data(in_data),
        .out_valid(out_valid), .out_ready(out_ready), .out_data(out_data));

    wire asked = wb_cyc && wb_stb && !wb_ack;
    wire [1:0] window = wb_adr[WINDOW+1:WINDOW];
    wire [WINDOW-1:0] place = wb_adr[WINDOW-1:0];
    wire write = asked && wb_we;
    wire start = write && window == 2'd0 && place == 1 && wb_sel[0] && wb_dat_w[0] && !busy;

    reg [31:0] inputs [0:(1<<WINDOW)-1];
    always @(posedge clk) begin
        // What comes during an inference is not taken: it would change what is being read.
        if (write && window == 2'd1 && !busy) begin
            if (wb_sel[0]) inputs[place][7:0] <= wb_dat_w[7:0];
            if (wb_sel[1]) inputs[place][15:8] <= wb_dat_w[15:8];
            if (wb_sel[2]) inputs[place][23:16] <= wb_dat_w[23:16];
            if (wb_sel[3]) inputs[place][31:24] <= wb_dat_w[31:24];
        end
        if (fetch) begin
            word <= inputs[from[IB-1:2]];
            lane <= from[1:0];
        end
    end

    reg [31:0] outputs [0:(1<<WINDOW)-1];
    reg [31:0] held;
    wire [WINDOW-1:0] to_word = to[IB-1:2];
    always @(posedge clk) begin
        if (put) begin
            if (to[1:0] == 2'd0) outputs[to_word][7:0] <= result;
            if (to[1:0] == 2'd1) outputs[to_word][15:8] <= result;
            if (to[1:0] == 2'd2) outputs[to_word][23:16] <= result;
            if (to[1:0] == 2'd3) outputs[to_word][31:24] <= result;
        end
        held <= outputs[place];
    end

    reg [31:0] shown;
    reg answers, from_outputs;
    always @(posedge clk) begin
        case (place[2:0])
            3'd0: shown <= DIGEST;
            3'd1: shown <= {30'd0, done, busy};
            3'd2: shown <= cycles;
            3'd3: shown <= INPUTS;
            3'd4: shown <= OUTPUTS;
            default: shown <= inferences;
        endcase
        from_outputs <= window == 2'd2;
        if (rst) begin
            busy <= 1'b0; done <= 1'b0; cycles <= 32'd0; inferences <= 32'd0;
            wb_ack <= 1'b0; answers <= 1'b0;
        end else begin
            // Two cycles: the memory's, and the answer's.
            answers <= asked && !answers;
            wb_ack <= answers;
            wb_dat_r <= from_outputs ? held : shown;
            if (start) begin
                busy <= 1'b1; done <= 1'b0; cycles <= 32'd0;
            end else if (busy) begin
                cycles <= cycles + 32'd1;
                if (put && last) begin
                    busy <= 1'b0; done <= 1'b1; inferences <= inferences + 32'd1;
                end
            end
        end
    end
    wire unused = &{1'b0, to[OB-1], start};
endmodule

/* verilator lint_off DECLFILENAME */
// Arithmetic a digit of DIGIT bits a cycle. A word is SLOTS digits, lowest first, two's complement;
// `go` is high with its first one. Words follow each other as closely as SLOTS cycles. Everything
// between tr_serial_in and tr_serial_out only moves forward: tr_serial_in starts no word for which
// there would be no room: tr_serial_out holds two, a queue behind it ROOM.

// COUNT values of a beat, BITS wide each, a digit of all of them a cycle. With HOLD the beat is
// copied, so that the next one can be made ready meanwhile; else it must stay, as streams do.
module tr_serial_in #(
    parameter COUNT = 4, DIGIT = 1, ROOM = 2, BITS = 8, SIGNED = 0, SLOTS = 12, HOLD = 1
) (
    input wire clk, input wire rst,
    input wire in_valid, output wire in_ready, input wire [COUNT*BITS-1:0] in_data,
    input wire taken, output reg go, output reg [COUNT*DIGIT-1:0] bits
);
    // Digits of a value. What follows the last is nothing but its sign: a digit more, where one
    // bit is not all of it.
    localparam DIGITS = (BITS + DIGIT - 1) / DIGIT + (SIGNED != 0 && DIGIT > 1 ? 1 : 0);
    localparam SB = $clog2(SLOTS + 1), IB = DIGITS > 1 ? $clog2(DIGITS) : 1;
    localparam [SB-1:0] LAST = SLOTS - 1;
    localparam [IB-1:0] TOP = DIGITS - 1;
    reg busy, last, valued;
    reg [SB-1:0] slot;
    reg [IB-1:0] index;
    localparam FB = $clog2(ROOM + 1);
    reg [FB-1:0] flight; // words started whose result nobody has taken
    wire room = flight != ROOM[FB-1:0] && !rst;
    wire start = in_valid && room && (HOLD ? !busy || last : !busy);
    assign in_ready = HOLD ? room && (!busy || last) : busy && last && !rst;

    wire [COUNT*BITS-1:0] beat;
    generate
        if (HOLD) begin : g_hold
            reg [COUNT*BITS-1:0] held;
            always @(posedge clk) if (start) held <= in_data;
            assign beat = held;
        end else begin : g_stay
            assign beat = in_data;
        end
    endgenerate

    always @(posedge clk) begin
        go <= busy && slot == 0 && !rst;
        if (rst) begin
            busy <= 1'b0; last <= 1'b0; flight <= 0; slot <= 0; index <= 0; valued <= 1'b0;
        end else begin
            if (start) begin
                busy <= 1'b1; slot <= 0; index <= 0; valued <= 1'b1; last <= 1'b0;
            end else if (busy) begin
                busy <= !last;
                slot <= slot + 1'b1;
                last <= slot + 1'b1 == LAST;
                if (index != TOP) index <= index + 1'b1;
                else valued <= SIGNED != 0;
            end
            if (start && !taken) flight <= flight + 1'b1;
            else if (taken && !start) flight <= flight - 1'b1;
        end
    end

    genvar i;
    generate
        for (i = 0; i < COUNT; i = i + 1) begin : g_bit
            wire [DIGITS*DIGIT-1:0] value;
            assign value[BITS-1:0] = beat[i*BITS +: BITS];
            if (DIGITS * DIGIT > BITS) begin : g_sign
                assign value[DIGITS*DIGIT-1:BITS] =
                    {(DIGITS*DIGIT-BITS){SIGNED != 0 && beat[i*BITS + BITS-1]}};
            end
            always @(posedge clk)
                bits[i*DIGIT +: DIGIT] <= valued ? value[index*DIGIT +: DIGIT] : {DIGIT{1'b0}};
        end
    endgenerate
endmodule

// x + y, or x - y; `first` is high with the lowest digits. The sum comes a cycle later. Spelled bit
// by bit, it is LUTs: a carry chain of so few bits takes as many places, side by side.
module tr_serial_add #(parameter DIGIT = 1, SUB = 0) (
    input wire clk, input wire first, input wire [DIGIT-1:0] x, input wire [DIGIT-1:0] y,
    output reg [DIGIT-1:0] sum
);
    reg carry;
    wire [DIGIT-1:0] a = SUB != 0 ? ~y : y;
    wire [DIGIT:0] c;
    assign c[0] = first ? SUB != 0 : carry;
    genvar i;
    generate
        for (i = 0; i < DIGIT; i = i + 1) begin : g_bit
            assign c[i+1] = (x[i] && a[i]) || (c[i] && (x[i] || a[i]));
        end
    endgenerate
    always @(posedge clk) begin
        sum <= x ^ a ^ c[DIGIT-1:0];
        carry <= c[DIGIT];
    end
endmodule

// The digit n of taps is `in` n + 1 cycles ago.
module tr_serial_delay #(parameter CYCLES = 1, DIGIT = 1) (
    input wire clk, input wire [DIGIT-1:0] in, output reg [CYCLES*DIGIT-1:0] taps
);
    wire [(CYCLES+1)*DIGIT-1:0] next = {taps, in};
    always @(posedge clk) taps <= next[CYCLES*DIGIT-1:0];
endmodule

// Collects COUNT words, drops their lowest DROP bits, clamps to BITS (to the range that is as far
// below zero as above with SYMMETRIC), and makes one beat of them. `taken` tells tr_serial_in.
module tr_serial_out #(
    parameter COUNT = 4, DIGIT = 1, SLOTS = 12, DROP = 2, BITS = 8, SIGNED = 0, SYMMETRIC = 0
) (
    input wire clk, input wire rst, input wire go, input wire [COUNT*DIGIT-1:0] bits,
    output reg out_valid, input wire out_ready, output reg [COUNT*BITS-1:0] out_data,
    output wire taken
);
    localparam SB = $clog2(SLOTS + 1), V = SLOTS * DIGIT - DROP, M = SIGNED ? BITS - 1 : BITS;
    localparam [SB-1:0] LAST = SLOTS - 1;
    reg shifting, full;
    reg [SB-1:0] slot;
    wire move = full && (!out_valid || out_ready);
    assign taken = out_valid && out_ready && !rst;
    always @(posedge clk) begin
        if (rst) begin
            shifting <= 1'b0; full <= 1'b0; out_valid <= 1'b0; slot <= 0;
        end else begin
            if (go) begin
                shifting <= 1'b1; slot <= 1;
            end else if (shifting) begin
                slot <= slot + 1'b1;
                if (slot == LAST) shifting <= 1'b0;
            end
            if (shifting && !go && slot == LAST) full <= 1'b1;
            else if (move) full <= 1'b0;
            if (move) out_valid <= 1'b1;
            else if (out_ready) out_valid <= 1'b0;
        end
    end

    genvar i;
    generate
        for (i = 0; i < COUNT; i = i + 1) begin : g_word
            reg [V-1:0] word;
            // Whether every bit above the result's says the same as the sign.
            wire sign = word[V-1];
            wire fits = word[V-2:M] == {(V-1-M){sign}};
            wire lowest = SYMMETRIC && sign && word[M-1:0] == 0;
            wire [M-1:0] low = fits ? word[M-1:0] : {M{!sign}};
            always @(posedge clk) begin
                if (go || shifting) word <= {bits[i*DIGIT +: DIGIT], word[V-1:DIGIT]};
                if (move) begin
                    if (SIGNED) begin
                        out_data[i*BITS +: M] <=
                            SYMMETRIC && (lowest || (sign && !fits)) ? {{(M-1){1'b0}}, 1'b1} : low;
                        out_data[(i+1)*BITS-1] <= sign;
                    end else out_data[i*BITS +: M] <= sign ? {M{1'b0}} : low;
                end
            end
        end
    endgenerate
endmodule
